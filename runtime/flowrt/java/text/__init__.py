"""Numbers and texts as `java.text` and `java.util` read and write them."""
