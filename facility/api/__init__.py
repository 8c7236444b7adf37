"""The REST API and first page of one site: read-only, for this machine, until there are users and roles.

`app.create_app` joins the parts: `guard` (who may ask), `problem` (errors, RFC 9457), `routes` (a module a topic, with its
answers), `page` (HTML and SVG, no script). `site_view.SiteView` is what all of them read from.
"""
