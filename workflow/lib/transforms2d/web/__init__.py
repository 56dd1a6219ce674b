"""Servers, asked with limits of time and bytes, by whoever may be asked."""
