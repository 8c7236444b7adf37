"""The console: a page of scripts under `web/`, built by `tools/build_console` into `dist/`, which is never committed."""
