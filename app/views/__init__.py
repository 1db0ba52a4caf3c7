"""What the person looks at: slice panes, the 3-D pane, and how they are arranged."""
