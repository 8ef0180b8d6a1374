import { Module } from '@nestjs/common';
import { PageFilesController } from './page-files.controller.js';

@Module({ controllers: [PageFilesController] })
export class PagesModule {}
