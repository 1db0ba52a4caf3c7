"""How the window looks: colours, style sheet, icons, and the few small pieces every panel is made of."""
