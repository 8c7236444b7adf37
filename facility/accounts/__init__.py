"""People and machines that may ask a site: `people` and `tokens` make and change them, `sign_in` lets people in.

`opening` opens all of them on the database of the site's journal. Secrets are kept as digests, passwords as Argon2id hashes.
"""
