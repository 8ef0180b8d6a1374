import { z } from 'zod';
import { facts, text, type FieldFacts } from './fields.js';

export const host = (about: string) => text('host', about).default('127.0.0.1');

export const port = (more: FieldFacts = {}, min = 0) =>
  z
    .int()
    .min(min)
    .max(65535)
    .register(facts, { about: 'TCP port; 0 takes any free one.', ...more });
