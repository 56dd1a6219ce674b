"""Requests to web servers, with limits of time and bytes."""
