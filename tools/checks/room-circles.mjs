/** No two rooms of a project need one another, also not round a corner: neither could be read, moved or tested alone. */
import { projectsWithCircles } from '../house.mjs';
import { report } from './report.mjs';

const projects = projectsWithCircles();
const problems = projects.flatMap(({ project, circles }) =>
  circles.map((circle) => `${project}: the rooms ${circle.join(', ')} need one another in a circle`),
);
report(problems, { looked: projects.reduce((sum, { rooms }) => sum + rooms, 0) });
