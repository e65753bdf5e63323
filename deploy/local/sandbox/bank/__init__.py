"""A bank as a town sees it: a folder for files both ways, one account, and a day that goes on when told."""
