"""Tables of transition states alone, made into reactions: what molecules each leads to."""
