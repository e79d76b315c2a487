using Cria.Cli.Commands;

return await RootVerbs.RunAsync(args);
