"""What a reaction and a result are: Arrow schemas, element data, validation.

The only place where a column is named. Depends on numpy, scipy and pyarrow alone.
"""
