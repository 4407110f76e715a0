export { MemoryLevel, type DatabaseOptions, type OpenOptions } from './memorylevel.js';
