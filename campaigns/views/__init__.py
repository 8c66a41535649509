"""Screens: they parse, call one verb and respond."""
