"""Page to better page: correctors propose, a guard decides, and nothing is silent."""
