"""Publishing the feeds to another folder or to a bucket: the worker, and one synchronisation."""
