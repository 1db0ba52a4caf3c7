"""What training makes small: Dice, cross entropy and their sum."""
