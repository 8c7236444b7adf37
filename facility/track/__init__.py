"""The fast layer: between two plans, what may move each minute keeps to the plan and to the limits that it was made for."""
