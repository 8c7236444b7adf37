"""What the plant teaches: nameplates and history become models that say how far they may be trusted."""
