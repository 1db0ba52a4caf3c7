"""Why a network says what it says at a place: what it attends to, what its answer depends on, how sure it is."""
