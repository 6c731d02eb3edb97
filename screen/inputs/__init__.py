"""Reading reactions: which rows there are, and the formats that they come in."""
