"""Language models: chat, structure, images, documents by meaning, agents."""
