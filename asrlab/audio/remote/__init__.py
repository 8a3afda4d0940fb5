"""Audio that lies behind a URL: fetched once, within limits, into a cache that knows it by its bytes."""
