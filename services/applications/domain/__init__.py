"""What an application is and when it may change. Pure: time, ids and facts are arguments."""
