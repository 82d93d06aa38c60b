"""What every model gets; nothing in here names one of them."""
