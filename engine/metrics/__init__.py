"""How close a mask comes to the truth: overlap, surfaces, volumes. Numpy in, plain numbers out."""
