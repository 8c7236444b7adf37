"""A site in service: a supervisor and its workers, each a process of its own.

    supervisor ── poller    reads the devices, the only writer of readings
               ├─ planner   a cycle every `planning.interval_min`
               ├─ trainer   models: at once when there are none, then nightly
               └─ api       REST API and first page

Workers get their site over a channel from the supervisor (`channel.py`), which is also their lifeline: when it closes, for
whatever reason, they end. They tell how they are in small files (`facility.heartbeat`).
"""
