## The product and its words

app-name = Keygraft
app-tagline = Move weights between model implementations.
