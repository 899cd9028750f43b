module.exports = {
  testEnvironment: '<rootDir>/test/environment.js',
  testTimeout: 60000, // a machine that is busy with other tests is slow
  roots: ['<rootDir>/test'],
  transform: { '^.+\\.tsx?$': ['ts-jest', { tsconfig: '<rootDir>/test/tsconfig.json' }] }
};
