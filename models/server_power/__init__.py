"""Server power against utilisation: a family's curve, what one server adds of its own, and intervals that earn their width."""
