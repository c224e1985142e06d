"""Viewing: trees and outcomes become rows, facets and links. Values in, values out."""
