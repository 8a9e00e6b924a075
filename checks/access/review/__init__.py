"""What an access review looks at: who holds what is dangerous, bindings that do nothing, rules that are wider
than they need be."""
