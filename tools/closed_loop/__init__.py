"""The closed loop: baselines, ours and a reference on the same plant, weather, prices and load, judged by the plant's truth.

`python -m tools.closed_loop SITE --days N` runs it. A plant takes part by the protocol in `plant`; what happens to it, whatever
it does, is in `conditions`. Neither knows which plant it is.
"""
