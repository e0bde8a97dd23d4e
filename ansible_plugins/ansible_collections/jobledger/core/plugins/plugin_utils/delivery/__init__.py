"""Events on their way to an ingester: the spool, the sender, replay, and the connection that all of them share."""
