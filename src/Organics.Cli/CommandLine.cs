using System.CommandLine;

namespace Organics;

/// <summary>Parses and runs a command; whatever goes wrong ends as one sentence on stderr and an exit code.</summary>
static class CommandLine
{
    /// <summary>Runs what the arguments ask for.</summary>
    public static int Run(RootCommand root, string[] args)
    {
        try
        {
            // Who says nothing asks what there is.
            var parsed = Parse(root, args is [] && root.Action is null ? ["--help"] : args);
            if (parsed.Errors.Count > 0) throw Failure.Usage(Complaint(parsed));
            return parsed.Invoke(new InvocationConfiguration { EnableDefaultExceptionHandler = false, ProcessTerminationTimeout = null });
        }
        catch (Exception error)
        {
            var (code, sentence) = Failure.Of(error);
            var failure = error as Failure ?? new(code, sentence);
            // What is wrong in all processes that a launcher has started the first says, before it ends the others.
            if (MpiCommunicator.LaunchedRank > 0 && !Log.IsQuiet) Thread.Sleep(Ranks.Precedence);
            failure.Say();
            return (int)code;
        }
    }

    /// <summary>Reads arguments; nothing is run.</summary>
    public static ParseResult Parse(RootCommand root, string[] args) => root.Parse(args, new ParserConfiguration { EnablePosixBundling = false, ResponseFileTokenReplacer = null });

    /// <summary>Gives --version to every command below the root, which has it.</summary>
    public static void AddVersion(Command parent)
    {
        foreach (var command in parent.Subcommands)
        {
            command.Options.Add(new VersionOption());
            AddVersion(command);
        }
    }

    static string Complaint(ParseResult parsed)
    {
        var command = parsed.CommandResult.Command;
        var help = $"see `{FullName(command)} --help`.";
        if (parsed.UnmatchedTokens.Count > 0)
        {
            var unknown = parsed.UnmatchedTokens.FirstOrDefault(token => token.StartsWith('-')) ?? parsed.UnmatchedTokens[0];
            var isOption = unknown.StartsWith('-');
            var known = isOption ? command.Options.Select(option => option.Name) : command.Subcommands.Select(each => each.Name);
            var sort = isOption ? "option" : command.Subcommands.Count > 0 ? "command" : "argument";
            var nearest = Suggestion.Nearest(unknown.Split('=', ':')[0], known);
            return $"'{unknown}' is no {sort} of `{FullName(command)}`; {(nearest is null ? "" : $"did you mean {nearest}? Else ")}{help}";
        }
        if (command.Subcommands.Count > 0 && command.Action is null)
            return $"`{FullName(command)}` needs one of its commands: {string.Join(", ", command.Subcommands.Select(each => each.Name))}; {help}";
        return $"{parsed.Errors[0].Message.TrimEnd('.')}; {help}";
    }

    static string FullName(Command command) =>
        command is RootCommand ? "organics" : $"{command.Parents.OfType<Command>().Select(FullName).FirstOrDefault()} {command.Name}";
}
