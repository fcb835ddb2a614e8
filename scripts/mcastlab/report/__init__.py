"""What a verification found, for people and machines: terminal, JSON, JUnit and one page. Pure: values in, text out."""
