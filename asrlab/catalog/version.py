"""The schema revision this code was written for; a test holds it equal to the newest migration."""

HEAD_REVISION = "0011"
