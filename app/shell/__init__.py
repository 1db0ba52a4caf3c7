"""The window around the views: assembly, menus, keys, dialogs, the bars at the bottom."""
