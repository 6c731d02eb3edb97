"""A learnt correction of GFN2-xTB, and the committee that says where it holds."""
