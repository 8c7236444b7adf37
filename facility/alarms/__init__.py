"""Alarms after ANSI/ISA-18.2-2016: what calls for a person's response, in which state it is, and how many come at once.

Pure: no clock, no database, no network. `facility.service.alarm_sources` says what is the case, `facility.history.alarm_book`
keeps the states, `facility.service.alarm_watch` joins them.
"""
