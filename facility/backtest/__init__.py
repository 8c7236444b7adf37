"""What the plan would have saved on recorded history, seen from each day as the day was seen then."""
