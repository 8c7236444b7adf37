"""The REST API and first page of one site.

`app.create_app` joins the parts: `guard` (foreign names, foreign pages and long requests go no further), `who` (who asks), `entry`
(what each route needs of them), `problem` (errors, RFC 9457), `routes` (a module a topic, with its answers), `page` (HTML and SVG,
no script). `site_view.SiteView` is what all of them read from.
"""
