// The clients of the tests: `main.js NAME ARGUMENT...` runs one of them, and says what failed.

const CLIENTS = ["connect", "grpc", "browser"];

const [name, ...given] = process.argv.slice(2);
if (name === "versions") {
  console.log(process.version);
} else if (CLIENTS.includes(name)) {
  try {
    const { run } = await import(`./${name}.js`);
    await run(...given);
    process.exit(0); // what a client's connections still hold is no reason to wait
  } catch (error) {
    console.error(error);
    process.exit(1);
  }
} else {
  console.error(`expected one of ${CLIENTS.join(", ")}, found ${name}`);
  process.exit(2);
}
