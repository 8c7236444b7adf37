"""Sign-in through an OpenID Connect provider: authorization code flow with PKCE.

`settings` is the file that names the provider, `flow` one way there and back, `provider` what it is asked, `keys` and `id_token`
how its word is checked. What it answers is hostile until it is parsed.
"""
