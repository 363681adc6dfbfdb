"""Build steps, file trees and interrupt handling, shared by all commands."""
