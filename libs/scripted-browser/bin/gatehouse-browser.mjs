#!/usr/bin/env node
import '../dist/browser-command.js';
