"""What is known of a judge from people's labels: how it was found out, and the record that the gate reads."""
