"""The first page: drawn on the server, no script, nothing from elsewhere; grey, with colour only for what is abnormal (ISA-101)."""
