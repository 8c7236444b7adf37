"""OpenADR 3: the site as a virtual end node (VEN) of its utility or aggregator, 3.1.0 and 3.0.1.

What the grid asks lives at its server, the VTN: each reading begins from its lists, so that a restart, a lost notification or a
repeated one changes nothing. `ven.py` joins the parts; `reading.py` turns an event of the standard into the site's own record.
"""
