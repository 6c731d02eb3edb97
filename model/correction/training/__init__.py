"""How the members of a committee are trained; nothing that uses a committee imports it."""
