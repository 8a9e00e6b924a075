"""CEL expressions over whole objects, judged in a process of their own."""
